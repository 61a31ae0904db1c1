"""Optional engines as child programs: further opinions on SafeTensors for those who install an extra.

Each module is started as `python -I -m apr_qa.extras.NAME_host` and imports its heavy library only to load a model.
"""
