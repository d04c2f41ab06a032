module end
